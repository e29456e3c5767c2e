// Pulling a page down to have it read again.
import { element } from './dialogs';

const FAR = 56; // px pulled that count
const SLOW = 0.45; // of the finger's way
const LONGEST = 10000; // ms until it stops by itself, should the page forget

export class Pull {
  private readonly strip = element('div', 'pull');
  private busy = false;
  private timer = 0;

  constructor(box: HTMLElement, private readonly refresh: () => void) {
    this.strip.append(...[1, 2, 3].map(() => element('i', '')));
    box.prepend(this.strip);
    let from = -1;
    box.addEventListener('touchstart', (event) => { from = box.scrollTop <= 0 && !this.busy ? event.touches[0]!.clientY : -1; }, { passive: true });
    box.addEventListener('touchmove', (event) => {
      const far = from < 0 ? 0 : (event.touches[0]!.clientY - from) * SLOW;
      if (far <= 0) return;
      event.preventDefault();
      this.tall(far);
    }, { passive: false });
    const release = () => {
      if (from < 0) return;
      from = -1;
      if (this.strip.offsetHeight >= FAR) this.start();
      else this.tall(0, true);
    };
    box.addEventListener('touchend', release);
    box.addEventListener('touchcancel', release);
    // A mouse has no finger to pull with: its wheel, turned up at the very top, does the same.
    box.addEventListener('wheel', (event) => { if (box.scrollTop <= 0 && event.deltaY < -FAR && !this.busy) this.start(); }, { passive: true });
  }

  start(): void {
    this.busy = true;
    this.strip.classList.add('busy');
    this.tall(FAR, true);
    this.timer = window.setTimeout(() => this.stop(), LONGEST);
    this.refresh();
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.busy = false;
    this.strip.classList.remove('busy');
    this.tall(0, true);
  }

  private tall(height: number, glide = false): void {
    this.strip.classList.toggle('back', glide);
    this.strip.style.height = `${height}px`;
  }
}
