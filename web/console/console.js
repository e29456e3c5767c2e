// The few things a page cannot do by itself: the form token for htmx, short messages, the drawer, and two keys.
(() => {
  const drawer = () => document.getElementById('drawer');
  let opener = null;

  document.addEventListener('htmx:configRequest', (event) => {
    const token = document.querySelector('meta[name=csrf]');
    if (token) event.detail.headers['X-CSRF-Token'] = token.content;
  });

  const say = (words, bad) => {
    const note = document.createElement('div');
    note.className = bad ? 'toast-note bad' : 'toast-note';
    note.textContent = words;
    document.getElementById('toasts').append(note);
    setTimeout(() => note.remove(), bad ? 9000 : 4500);
  };

  // What is to be said on the page that one is being sent to.
  document.addEventListener('later', (event) => sessionStorage.setItem('later', event.detail.value));
  const kept = sessionStorage.getItem('later');
  if (kept) {
    sessionStorage.removeItem('later');
    say(kept, false);
  }

  document.addEventListener('toast', (event) => say(event.detail.value, false));
  document.addEventListener('htmx:responseError', (event) => {
    const { xhr, elt } = event.detail;
    const plain = (xhr.getResponseHeader('Content-Type') || '').startsWith('text/plain');
    say(plain && xhr.responseText ? xhr.responseText : '没有完成，请刷新页面后再试', true);
    const select = elt.querySelector ? elt.querySelector('select[data-undo]') : null;
    if (select) {
      select.value = select.dataset.undo;
      select.form.classList.remove('changed');
    }
  });
  document.addEventListener('htmx:sendError', () => say('网络不通，没有送出。请检查网络后再试', true));

  // A choice is sent by its button, which shows once there is something to send: arrow keys alone change nothing.
  document.documentElement.classList.add('scripted');
  document.addEventListener('change', (event) => {
    const select = event.target;
    if (select.matches('form.picks select')) select.form.classList.toggle('changed', select.value !== select.dataset.undo);
  });

  // Two of a list are compared: any other number is said beside the button, and the ticks stay.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('form[data-two]')) return;
    const many = form.querySelectorAll(`input[name="${form.dataset.two}"]:checked`).length;
    form.querySelector('[data-two-note]').textContent = many === 2 ? '' : `要正好勾选两份才能对比，现在勾了 ${many} 份`;
    if (many !== 2) event.preventDefault();
  });

  // The menu may be longer than the window: it begins where one is.
  const here = document.querySelector('.menu a.here');
  if (here) {
    const menu = here.parentElement;
    menu.scrollLeft = here.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
    menu.scrollTop = here.offsetTop - menu.offsetTop - (menu.clientHeight - here.offsetHeight) / 2;
  }

  const close = () => {
    if (!drawer() || !drawer().firstElementChild) return;
    drawer().replaceChildren();
    if (opener && opener.isConnected) opener.focus();
  };

  document.addEventListener('htmx:beforeRequest', (event) => {
    if (event.detail.target === drawer()) opener = event.detail.elt;
  });
  document.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target !== drawer()) return;
    const button = drawer().querySelector('[data-close]');
    if (button) button.focus();
  });
  document.addEventListener('htmx:afterRequest', (event) => {
    if (event.detail.successful && event.detail.elt.matches('[data-then-close]')) close();
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-close]')) close();
    if (event.target.closest('[data-print]')) window.print();
  });
  document.addEventListener('keydown', (event) => {
    const typing = event.target.matches('input, select, textarea');
    if (event.key === 'Escape') {
      if (typing) event.target.blur();
      close();
    } else if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = document.querySelector('[data-search]');
      if (field) {
        event.preventDefault();
        field.focus();
        field.select();
      }
    }
  });
})();
