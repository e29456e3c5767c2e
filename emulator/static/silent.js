// In a phone the client knows whose it is: nobody is asked. In a window of its own the page is not in a phone, and asks.
const owner = window.frameElement?.dataset.userid;
if (owner) location.replace(`${location.pathname}${location.search}&as=${encodeURIComponent(owner)}`);
