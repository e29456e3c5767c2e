"""Whether a check-in is believed: independent signals, a score, a verdict with its reasons (product.md D2).

Differs from the first plan where that was wrong: `fix` may be missing; a check-in names its customer and whether that
customer's place was learnt from phones; what was seen before carries its clocks; the numbers are the policy's, and what
weighs how much stands in `config/trust.py`.
"""

from collections.abc import Sequence

from config.policy import Policy
from config.trust import Question, Verdict
from crm.rules.trust_facts import CheckIn as CheckIn
from crm.rules.trust_facts import Fix as Fix
from crm.rules.trust_facts import Judgement as Judgement
from crm.rules.trust_facts import OutdoorRow as OutdoorRow
from crm.rules.trust_facts import Photo as Photo
from crm.rules.trust_facts import Seen as Seen
from crm.rules.trust_facts import Signal as Signal
from crm.rules.trust_place import of_the_fix, of_the_place
from crm.rules.trust_proof import of_the_clock, of_the_device, of_the_photos, of_wecom


def judge(check_in: CheckIn, seen: Sequence[Seen], rows: Sequence[OutdoorRow], policy: Policy) -> Judgement:
    """The score is 100 less the heaviest signal of each question; the verdict follows from two policy numbers.

    `seen` in any order: the person's own check-ins of the last two months (those near in time on both sides, those at
    this customer, and any with one of these photos) and colleagues' of the same day or with one of these photos. What
    is not in it cannot be found. `rows`: the person's 外出打卡 around the time. The same facts give the same verdict
    whenever it is asked again, so a check-in may be judged anew when an earlier one arrives late.

    No signal weighs as much as an invalid visit takes, so none alone makes one, and what agrees never outweighs a clear
    one.
    """
    found = [
        *of_the_place(check_in, seen, rows, policy),
        *of_the_fix(check_in, seen),
        *of_the_clock(check_in, seen),
        *of_the_device(check_in, seen),
        *of_the_photos(check_in, seen),
        *of_wecom(check_in, rows),
    ]
    heaviest: dict[Question, int] = {}
    for one in found:
        heaviest[one.question] = max(one.weight, heaviest.get(one.question, one.weight))
    score = max(0, min(100, 100 - sum(heaviest.values())))
    if score >= policy.visit_valid_score:
        verdict = Verdict.VALID
    else:
        verdict = Verdict.DOUBTFUL if score >= policy.visit_doubtful_score else Verdict.INVALID
    return Judgement(score, verdict, tuple(sorted(found, key=lambda one: -one.weight)))
