// The board: a card that is dropped on another stage asks the same gate as every other move; what it lacks is said above.
(() => {
  let held = null;

  const lane = (event) => (event.target.closest ? event.target.closest('.lane[data-stage]') : null);
  const unmark = () => document.querySelectorAll('.lane.over').forEach((one) => one.classList.remove('over'));

  const say = (...parts) => {
    const note = document.getElementById('board-note');
    note.replaceChildren(...parts);
    note.scrollIntoView({ block: 'nearest' });
    return note;
  };

  const refused = (card, words) => {
    const box = document.createElement('div');
    box.className = 'notice red';
    box.setAttribute('role', 'alert');
    const text = document.createElement('span');
    text.textContent = words;
    const page = document.createElement('a');
    page.href = `${card.dataset.page}#next`;
    page.textContent = '去这个商机';
    box.append(text, page);
    say(box);
  };

  const send = async (card, stage) => {
    card.classList.add('going');
    try {
      const answer = await fetch(card.dataset.move, {
        method: 'POST',
        body: new URLSearchParams({ to: stage }),
        headers: { 'X-CSRF-Token': document.querySelector('meta[name=csrf]').content, 'HX-Request': 'true' },
      });
      const login = answer.headers.get('HX-Redirect');
      if (login) {
        window.location = login;
        return;
      }
      const words = await answer.text();
      if (!answer.ok) {
        refused(card, words);
        return;
      }
      const done = document.createElement('div');
      done.className = 'card block';
      done.innerHTML = words; // our own line, with its 撤销
      window.htmx.process(say(done));
      window.htmx.trigger(document.body, 'changed');
    } catch {
      refused(card, '网络不通，没有移动。请检查网络后再试');
    } finally {
      card.classList.remove('going');
    }
  };

  document.addEventListener('dragstart', (event) => {
    held = event.target.closest ? event.target.closest('.deal[data-move]') : null;
    if (!held) return;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', held.dataset.deal);
    held.classList.add('held');
  });
  document.addEventListener('dragover', (event) => {
    const to = held && lane(event);
    if (!to || to.contains(held)) return;
    event.preventDefault();
    if (!to.classList.contains('over')) {
      unmark();
      to.classList.add('over');
    }
  });
  document.addEventListener('drop', (event) => {
    const to = held && lane(event);
    if (!to || to.contains(held)) return;
    event.preventDefault();
    send(held, to.dataset.stage);
  });
  document.addEventListener('dragend', () => {
    unmark();
    if (held) held.classList.remove('held');
    held = null;
  });
})();
