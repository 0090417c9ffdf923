/**
 * The style sheet of the HTML report. Colours are variables with a light and a dark set; the
 * plots refer to them as well.
 */
export const reportStyle = `:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --rule: #d0d7de;
  --series-1: #2f6fb0; --series-2: #d9730d; --series-3: #2e8b57; --series-4: #b5343c;
  --series-5: #7d5ba6; --series-6: #8c6239; --series-7: #c2569d; --series-8: #5f6b76;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --text: #e6e9ed; --quiet: #9aa4af; --rule: #343b44;
    --series-1: #6cb0f5; --series-2: #ffa657; --series-3: #6fcf97; --series-4: #ff7b81;
    --series-5: #c4a3ec; --series-6: #d1a676; --series-7: #f49ad1; --series-8: #aab4bf;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
.note, figcaption, dt { color: var(--quiet); }
.note { font-size: .875rem; max-width: 48rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1rem .4rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child { text-align: left; }
thead th { font-weight: 600; color: var(--quiet); }
.mark { display: inline-block; width: .75em; height: .75em; margin-right: .5em; border-radius: 50%; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figure svg { --plot-background: var(--ground); width: 100%; height: auto; color: var(--text); }
figcaption { font-size: .875rem; margin-bottom: .25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dd { margin: 0; }`;
