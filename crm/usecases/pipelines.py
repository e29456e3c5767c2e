"""The ladders of a company: those it starts with, and each new version that operations publish."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.funnel import LADDERS
from models.deals import Pipeline, Stage, StageNeed


def install_ladders(s: Session) -> None:
    """The ladders every company starts with; does nothing where one stands already."""
    if s.scalar(select(Pipeline.id).limit(1)) is not None:
        return
    for plan in LADDERS:
        pipeline = Pipeline(name=plan.name, version=1, below=plan.below)
        s.add(pipeline)
        s.flush()
        for position, one in enumerate(plan.stages):
            stage = Stage(
                pipeline_id=pipeline.id, key=one.key, label=one.label, kind=one.kind, position=position,
                days=one.days, probability=one.probability,
            )  # fmt: skip
            s.add(stage)
            s.flush()
            s.add_all([StageNeed(stage_id=stage.id, kind=kind) for kind in one.needs])
    s.flush()
