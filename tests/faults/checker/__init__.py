"""An independent judge of the pipeline: what the ledger asked for against what topics and tables hold.

It shares no code with the services. Reading (`source`) and judging (`judge`, pure) are apart, so that the judge itself
is proven to find faults without a broker.
"""

from tests.faults.checker.facts import Facts, Violation
from tests.faults.checker.judge import judge

__all__ = ["Facts", "Violation", "judge"]
