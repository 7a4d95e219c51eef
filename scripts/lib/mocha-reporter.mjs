// What `npm test` runs mocha with: the spec report for people, the JSON report for the sum, and an eye on leaks.
import Mocha from "mocha";

const { JSON: JsonReport, Spec } = Mocha.reporters;

/** Milliseconds from the end of the last test until what still keeps the process alive counts as a leak. */
const leakMs = 5_000;

export default class Reporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    // Writes the file that `--reporter-option output=` names.
    new JsonReport(runner, options);
    runner.once("end", () => {
      // Unreferenced: it only ever fires where something else holds the loop, and mocha runs without --exit so that it can.
      setTimeout(() => {
        console.error(`\nA test left something open: ${process.getActiveResourcesInfo().join(", ")}`);
        process.exit(1);
      }, leakMs).unref();
    });
  }
}
