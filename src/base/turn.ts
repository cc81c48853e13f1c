/** Lets the event loop turn, so that what waits there is heard: a signal, a click. Unlike a timer, without a least wait. */
export async function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((heard) => {
    port1.onmessage = heard;
    port2.postMessage(null);
  });
  port1.close();
}
