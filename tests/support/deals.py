"""Deals made ready for tests that are about something else than evidence."""

import secrets

from sqlalchemy import select, update

from crm import uow
from crm.ladders import current_ladders, ladder_for
from models.deals import Deal, Evidence
from models.files import Attachment
from tests.support.company import NOW


def prove_all(deal: str, again: str = "") -> None:
    """Evidence for every rung of its ladder, as rows: which files are taken is the use case's matter.

    `again`: instead, other files for this one stage.
    """
    with uow.transaction() as s:
        found = s.scalars(select(Deal).where(Deal.public_id == deal)).one()
        ladder = ladder_for(current_ladders(s), found.amount)
        if again:
            old = update(Evidence).where(Evidence.deal_id == found.id, Evidence.stage_key == again)
            s.execute(old.values(removed_at=NOW))
        for rung in ladder.rungs:
            for kind in rung.needs if again in ("", rung.key) else ():
                name = secrets.token_hex(20)
                file = Attachment(
                    customer_id=found.customer_id, name=f"{kind}.docx", kind="docx", size=1, sha256=name + "0" * 24,
                    stored_name=name, uploaded_by_id=found.owner_id, at=NOW,
                )  # fmt: skip
                s.add(file)
                s.flush()
                s.add(
                    Evidence(
                        deal_id=found.id, stage_key=rung.key, kind=kind, attachment_id=file.id,
                        added_by_id=found.owner_id, at=NOW,
                    )
                )  # fmt: skip
