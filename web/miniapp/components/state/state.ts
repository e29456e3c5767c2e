// What stands in the place of a list that is not there: nothing yet to show, nothing at all, or a reason.
Component({
  properties: {
    title: String,
    words: String,
    /** The word on the button; without one there is none. */
    action: String,
  },
  methods: {
    act() {
      this.triggerEvent('act');
    },
  },
});
