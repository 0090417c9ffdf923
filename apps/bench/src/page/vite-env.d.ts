/// <reference types="user-agent-data-types" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Versions of the measured libraries, which the build fills in. */
  readonly LIBRARIES: Readonly<Record<string, string>>;
}
