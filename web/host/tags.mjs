// The built-in components that the host plays. A tag with a `template` is a component with an element of the browser's inside it;
// one without is an element that carries its attributes itself. check_weapp.mjs refuses pages that use any other tag.
export const BUILT_IN = {
  view: {},
  text: {},
  button: { template: '<slot/>', properties: ['disabled', 'ariaLabel'] },
  label: {},
  'scroll-view': {},
  image: { template: '<img class="wx-inner" alt=""/>', properties: ['src', 'mode', 'ariaLabel'] },
  input: {
    template: '<input class="wx-inner"/>',
    properties: ['value', 'type', 'placeholder', 'maxlength', 'disabled', 'focus', 'confirmType', 'ariaLabel'],
  },
  textarea: {
    template: '<textarea class="wx-inner"></textarea>',
    properties: ['value', 'placeholder', 'maxlength', 'disabled', 'focus', 'autoHeight', 'ariaLabel'],
  },
  switch: { template: '<input type="checkbox" role="switch" class="wx-inner"/>', properties: ['checked', 'disabled', 'ariaLabel'] },
  picker: {
    template: '<slot/>',
    properties: ['mode', 'range', 'rangeKey', 'value', 'start', 'end', 'disabled', 'ariaLabel'],
  },
};
