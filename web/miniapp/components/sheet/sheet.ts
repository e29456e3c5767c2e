// A sheet from below, within the thumb's reach: what is to be said before something is done.
Component({
  properties: { title: String, shown: Boolean },
  methods: {
    close() {
      this.triggerEvent('close');
    },
    stay() {
      // a tap inside is none on the veil
    },
  },
});
