// Prints the test run's last line, `N passed, N failed, N skipped`, from the runner's own report. With CI=true a skipped test fails:
// there, everything that the tests need is to be had.
import { existsSync, readFileSync } from "node:fs";

const report = ".cache/test-report.json";
const {
  numPassedTests = 0,
  numFailedTests = 1,
  numPendingTests = 0,
  numTodoTests = 0,
  numFailedTestSuites = 0,
  testResults = [],
} = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
const skipped = numPendingTests + numTodoTests;
// What is of other projects and may not be copied is in no clone: its tests say so in their names.
const tests = testResults.flatMap((file) => file.assertionResults);
const excused = tests.filter((each) => ["pending", "skipped"].includes(each.status) && each.fullName.includes("may not be copied")).length;
// A file that cannot be loaded has no test that could fail: it counts as one.
const unloaded = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
const failed = numFailedTests + unloaded;
console.log(`${numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || numFailedTestSuites > 0 || numPassedTests === 0 || (process.env.CI === "true" && skipped > excused)) process.exitCode = 1;
