"""Runs every member of Jupyter's own kernel test, jupyter_kernel_test, against our kernel.

Usage: kernel_conformance.py REPORT.json
Writes {"test_...": {"outcome": "passed" | "failed" | "skipped", "text": "..."}}.
"""

import json
import sys
import unittest

import jupyter_kernel_test
from jupyter_kernel_test import KernelTests, validate_message

PATIENCE = 90  # seconds; the package's own 0.1 s between two messages suits idle machines only
jupyter_kernel_test.TIMEOUT = PATIENCE


class CSharpKernelTests(KernelTests):
    kernel_name = ".net-csharp"
    language_name = "C#"
    file_extension = ".cs"

    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("a warning");'
    completion_samples = [
        {"text": "Console.WriteL", "matches": {"WriteLine"}},
        {"text": "string.IsNullOrW", "matches": {"IsNullOrWhiteSpace"}},
        {"text": "Figures.LongT", "matches": {"LongTail"}},
    ]
    complete_code_samples = ["1 + 1", "var ready = true;", "int Twice(int n) => 2 * n;"]
    incomplete_code_samples = ["foreach (var i in new[] { 1 }) {", "Console.WriteLine(", "var missing ="]
    invalid_code_samples = ["var 1x = 2;", "1 + ) 2"]
    code_generate_error = 'throw new InvalidOperationException("on purpose");'
    code_execute_result = [
        {"code": "1 + 2", "result": "3"},
        {"code": "6 * 7", "result": "42"},
        {"code": "ones(2, 3).AsTable()", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": 'display("<b>bold</b>", "text/html");', "mime": "text/html"},
        {"code": "ones(2, 3).AsTable().Display();", "mime": "text/html"},
        {"code": "ReadingList.Load().Timeline().Display();", "mime": "application/vnd.plotly.v1+json"},
    ]
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Console.WriteLine"
    code_clear_output = "clear_output();"

    def flush_channels(self):
        """Reads everything up to the end of a request of its own: no guess how long silence must last."""
        msg_id = self.kc.kernel_info()
        while True:
            reply = self.kc.get_shell_msg(timeout=PATIENCE)
            validate_message(reply)
            if reply["parent_header"]["msg_id"] == msg_id:
                break
        while True:
            published = self.kc.get_iopub_msg(timeout=PATIENCE)
            validate_message(published)
            if (
                published["parent_header"].get("msg_id") == msg_id
                and published["content"].get("execution_state") == "idle"
            ):
                return

    def execute_helper(self, code, timeout=PATIENCE, **options):
        channel = self.kc.iopub_channel
        hasty = channel.get_msg
        channel.get_msg = lambda timeout=None: hasty(timeout=PATIENCE)
        try:
            return super().execute_helper(code, timeout=timeout, **options)
        finally:
            channel.get_msg = hasty


class Report(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.members = {}

    def note(self, test, outcome, text=""):
        # The first bad thing of a member counts: it may have several parts.
        known = self.members.get(test._testMethodName)
        if known is None or known["outcome"] == "passed":
            self.members[test._testMethodName] = {"outcome": outcome, "text": text}

    def addSuccess(self, test):
        self.note(test, "passed")

    def addFailure(self, test, err):
        self.note(test, "failed", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        self.note(getattr(test, "test_case", test), "skipped", reason)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.note(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")


if __name__ == "__main__":
    report = Report()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(CSharpKernelTests)
    members = [test._testMethodName for test in suite]
    suite.run(report)
    missing = {name: {"outcome": "failed", "text": "it did not run"} for name in members}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({**missing, **report.members}, file, indent=1)
