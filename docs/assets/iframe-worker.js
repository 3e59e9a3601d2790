/* A browser starts no worker for a page that was opened from a file. The search runs in one: so
   here it runs in a hidden frame instead, with the same two-way messages. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.waiting = [];
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.deliver = (data) => inside.dispatchEvent(new inside.MessageEvent("message", { data }));
      const script = inside.document.createElement("script");
      script.src = new URL(address, location.href).href;
      script.onload = () => {
        for (const data of this.waiting.splice(0)) this.deliver(data);
        this.ready = true;
      };
      inside.document.body.append(script);
    }
    postMessage(data) {
      if (this.ready) setTimeout(() => this.deliver(data));
      else this.waiting.push(data);
    }
    terminate() {}
  };
}
