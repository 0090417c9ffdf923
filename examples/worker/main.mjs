const find = (/** @type {string} */ selector) => /** @type {any} */ (document.querySelector(selector));

/** @type {Worker | undefined} */
let worker;

function stop() {
  worker?.terminate();
  worker = undefined;
  find('#train').disabled = false;
  find('#stop').disabled = true;
}

function train() {
  stop();
  find('#train').disabled = true;
  find('#stop').disabled = false;
  find('#result').textContent = 'The worker starts…';
  worker = new Worker(new URL('worker.mjs', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: { epoch, epochs, loss, written } }) => {
    find('#result').textContent = `Epoch ${epoch} of ${epochs}, loss ${loss.toFixed(2)}`;
    find('#written').textContent = written;
    if (epoch === epochs) stop();
  };
  worker.onerror = ({ message }) => {
    find('#result').textContent = message;
    stop();
  };
  worker.postMessage(find('#text').value.toLowerCase().replace(/\s+/g, ' '));
}

find('#train').onclick = train;
find('#stop').onclick = stop;

// Pictures per second: a page that computes would not draw any.
let frames = 0;
const count = () => {
  frames += 1;
  requestAnimationFrame(count);
};
count();
setInterval(() => {
  find('#frames').textContent = frames;
  frames = 0;
}, 1000);
