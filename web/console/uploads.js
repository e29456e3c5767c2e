// Files of a customer: chosen or dropped, sent one after another with their progress; what was refused stays to be read.
(() => {
  const MOST = 20 * 1024 * 1024;
  const waiting = [];
  let sending = null;

  const line = (form, file) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = file.name;
    const bar = document.createElement('progress');
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute('aria-label', `上传 ${file.name}`);
    row.append(name, bar);
    form.querySelector('.uploads').append(row);
    return row;
  };

  const refuse = (row, words) => {
    row.className = 'bad';
    row.querySelector('progress').remove();
    const why = document.createElement('span');
    why.textContent = words;
    const shut = document.createElement('button');
    shut.type = 'button';
    shut.className = 'btn btn-sm';
    shut.textContent = '知道了';
    shut.addEventListener('click', () => row.remove());
    row.append(why, shut);
  };

  const add = (form, files) => {
    for (const file of files) {
      const row = line(form, file);
      if (file.size > MOST) refuse(row, '超过 20 MB，没有上传。请压缩，或拆成几个文件');
      else if (file.size === 0) refuse(row, '这个文件是空的，或者是文件夹，没有上传。文件夹请先打成 ZIP');
      else waiting.push({ form, file, row });
    }
    if (!sending) next();
  };

  const next = () => {
    sending = waiting.shift() || null;
    if (!sending) return;
    const { form, file, row } = sending;
    const body = new FormData();
    body.append('file', file);
    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('X-CSRF-Token', form.elements.csrf.value);
    request.setRequestHeader('HX-Request', 'true');
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) row.querySelector('progress').value = (100 * event.loaded) / event.total;
    });
    request.addEventListener('load', () => {
      const login = request.getResponseHeader('HX-Redirect');
      if (login) {
        waiting.length = 0;
        sending = null;
        window.location.href = login;
        return;
      }
      const plain = (request.getResponseHeader('Content-Type') || '').startsWith('text/plain');
      if (request.status === 200) taken(row, request.responseText);
      else refuse(row, plain && request.responseText ? request.responseText : '没有上传成功，请刷新页面后再试');
      next();
    });
    request.addEventListener('error', () => {
      refuse(row, '网络断了，没有上传成功。请检查网络后再选一次');
      next();
    });
    request.send(body);
  };

  const taken = (row, name) => {
    row.remove();
    document.dispatchEvent(new CustomEvent('toast', { detail: { value: `已上传：${name}` } }));
    const list = document.getElementById('attachment-list');
    if (list) window.htmx.trigger(list, 'uploaded');
    window.htmx.trigger(document.body, 'attached');
  };

  const zone = (event) => event.target.closest && event.target.closest('form[data-upload]');

  document.addEventListener('change', (event) => {
    const form = zone(event);
    if (!form || event.target.type !== 'file') return;
    add(form, event.target.files);
    event.target.value = '';
  });
  document.addEventListener('submit', (event) => {
    if (zone(event)) event.preventDefault();
  });

  // A file that misses the zone must not replace the page.
  for (const kind of ['dragover', 'drop']) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer || !Array.from(event.dataTransfer.types).includes('Files')) return;
      event.preventDefault();
      for (const form of document.querySelectorAll('form[data-upload]')) {
        form.classList.toggle('over', kind === 'dragover' && form === zone(event));
      }
      if (kind === 'drop' && zone(event)) add(zone(event), event.dataTransfer.files);
    });
  }

  window.addEventListener('beforeunload', (event) => {
    if (sending) event.preventDefault();
  });
})();
