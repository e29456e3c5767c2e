// The shape of a list while it is read.
Component({
  properties: { rows: { type: Number, value: 4 } },
  data: { shape: [1, 2, 3, 4, 5, 6] },
});
