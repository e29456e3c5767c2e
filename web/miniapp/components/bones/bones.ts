// The shape of a list while it is read.
Component({ properties: { rows: { type: Number, value: 4 } } });
