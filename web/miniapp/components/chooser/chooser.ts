// One of the person's customers, or of those shared with him or of his team, found by name; without a network among his own
// that were read last.
import { read } from '../../lib/read';

interface Line {
  id: string;
  name: string;
  region: string;
}
const MINE = '/customers?segment=mine&sort=name&limit=100';
const SHOWN = 20;
const PAUSE = 300; // ms after the last letter

let timer = 0;

Component({
  properties: { title: String, shown: { type: Boolean, observer: 'opened' } },
  data: { query: '', lines: [] as Line[], problem: '', busy: false },

  methods: {
    opened(shown: boolean) {
      if (!shown) return;
      this.setData({ query: '', lines: [], problem: '' });
      void this.load();
    },

    write(event: WechatMiniprogram.Input) {
      this.setData({ query: event.detail.value });
      clearTimeout(timer);
      timer = setTimeout(() => void this.load(), PAUSE);
    },

    /** Those of the first hundred at once, and what the server finds among all. */
    async load() {
      const { query } = this.data;
      this.setData({ busy: true });
      const draw = ({ customers }: { customers: Line[] }): void => {
        if (query !== this.data.query) return;
        this.setData({ lines: customers.filter((one) => one.name.includes(query)).slice(0, SHOWN) });
      };
      let { problem } = await read<{ customers: Line[] }>(MINE, draw);
      if (query) {
        const lines: Line[] = [];
        for (const segment of ['mine', 'team']) {
          const path = `/customers?segment=${segment}&limit=${SHOWN}&query=${encodeURIComponent(query)}`;
          const found = await read<{ customers: Line[] }>(path, ({ customers }) => {
            lines.push(...customers.filter((one) => !lines.some(({ id }) => id === one.id)));
            if (query === this.data.query) this.setData({ lines: lines.slice(0, SHOWN) });
          }, false);
          if (found.state === 'ready') problem = '';
        }
      }
      if (query === this.data.query) this.setData({ busy: false, problem: this.data.lines.length ? '' : problem });
    },

    pick(event: WechatMiniprogram.TouchEvent) {
      this.triggerEvent('pick', event.currentTarget.dataset);
    },

    close() {
      this.triggerEvent('close');
    },
  },
});
