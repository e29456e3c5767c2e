// The upload page's comfort: what was chosen, whether it is too large, how far it has got. Without it the form works too.
const main = document.getElementById("main");

function wire() {
  const form = main.querySelector("form");
  if (!form) return;
  const [photo, file] = form.querySelectorAll("input[type=file]");
  const find = (what) => form.querySelector(what);
  const button = find("button");
  let chosen = null;
  button.disabled = true;

  const say = (words) => {
    find(".problem").textContent = words;
    find(".problem").hidden = !words;
  };

  const choose = (input, other) => {
    if (!input.files[0]) return;
    other.value = "";
    chosen = input.files[0];
    const large = chosen.size > Number(form.dataset.most) * 1024 * 1024;
    find(".name").textContent = chosen.name;
    const kilo = Math.max(1, Math.round(chosen.size / 1024));
    find(".size").textContent = kilo < 1024 ? `${kilo} KB` : `${(kilo / 1024).toFixed(1)} MB`;
    const preview = find("img");
    preview.hidden = !chosen.type.startsWith("image/");
    if (!preview.hidden) preview.src = URL.createObjectURL(chosen);
    find(".chosen").hidden = false;
    say(large ? "文件超过 20 MB，请压缩图片，或拆成几个文件" : "");
    button.disabled = large;
  };
  photo.addEventListener("change", () => choose(photo, file));
  file.addEventListener("change", () => choose(file, photo));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!chosen) return;
    const bar = find("progress");
    const status = find(".going p");
    const call = new XMLHttpRequest();
    const stop = (words) => {
      say(words);
      button.disabled = false;
      find(".going").hidden = true;
    };
    call.upload.addEventListener("progress", (at) => {
      bar.value = at.lengthComputable ? Math.round((100 * at.loaded) / at.total) : 50;
      status.textContent = bar.value < 100 ? `正在上传 ${bar.value}%` : "已传完，正在检查内容…";
    });
    call.addEventListener("load", () => {
      const answer = new DOMParser().parseFromString(call.responseText, "text/html").getElementById("main");
      if (!answer) return stop("没有传上去，请再试一次");
      main.replaceChildren(...answer.childNodes);
      window.scrollTo(0, 0);
      wire();
    });
    call.addEventListener("error", () => stop("网络断了，没有传上去，请再试一次"));
    say("");
    button.disabled = true;
    find(".going").hidden = false;
    const body = new FormData();
    body.append("file", chosen, chosen.name);
    call.open("POST", location.href);
    call.send(body);
  });
}

wire();
