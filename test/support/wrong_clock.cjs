// Loaded before a program: its clock goes wrong by TEST_CLOCK_MINUTES. What measures time apart (performance.now) is right.
const by = 60_000 * Number(process.env.TEST_CLOCK_MINUTES);
const RealDate = Date;
const now = () => RealDate.now() + by;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};
