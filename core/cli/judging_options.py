"""What the commands of judges share: their options, and what a study, a judge, a subject named in one is."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.opening import prepared_workspace
from core.errors import BadInput, shortened

if TYPE_CHECKING:
    from core.workflow.judging import JudgeFace
    from core.workflow.workspace import Workspace

StudyName = Annotated[str, typer.Argument(help="Name or number of the study.")]
JudgeName = Annotated[str, typer.Argument(help="Title, name (its newest version) or number of the judge.")]
RunNumber = Annotated[int, typer.Argument(help="Number of the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
By = Annotated[str, typer.Option("--by", help="Your name, kept with it.")]
Kind = Annotated[str, typer.Option(help="item, output or pair; by the judge's criteria unless given.")]
Which = Annotated[str, typer.Option(help="graded (by people), all, or random.")]
Size = Annotated[int | None, typer.Option("--n", min=1, help="Size of a random sample.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed gives the same sample.")]
Splits = Annotated[list[str] | None, typer.Option("--split", help="train, dev or test; can be repeated.")]
Slices = Annotated[
    list[str] | None, typer.Option("--slice", metavar="KEY=VALUE", help="Only this slice; values of a key widen.")
]
Subjects = Annotated[list[str] | None, typer.Option("--subject", help="Key or number of a subject; can be repeated.")]
Concurrency = Annotated[int, typer.Option(min=1, help="Calls in flight at most.")]
Requests = Annotated[int | None, typer.Option(min=1, help="Requests a minute at most.")]
Tokens = Annotated[int | None, typer.Option(min=1, help="Tokens a minute at most.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds until a call is given up.")]
Tries = Annotated[int, typer.Option(min=1, help="How often a call is sent at most.")]
PriceIn = Annotated[float | None, typer.Option(min=0, help="US dollars per million tokens read.")]
PriceOut = Annotated[float | None, typer.Option(min=0, help="US dollars per million tokens written.")]
Budget = Annotated[float | None, typer.Option(help="US dollars that end the run.")]
Wait = Annotated[bool, typer.Option("--wait", help="Print how far it is until it ends.")]
Here = Annotated[bool, typer.Option("--here", help="Drive it in this process, without a worker.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it may cost money.")]


def found_judge(study: str, judge: str) -> "tuple[Workspace, JudgeFace]":
    """The judge of a study, by title, name or number.

    Raises:
        NotFound: There is no such study or judge.
    """
    from core.workflow.judging import find_judge
    from core.workflow.studies import find_study

    workspace = prepared_workspace()
    return workspace, find_judge(workspace, find_study(workspace, study).id, judge)


def runnable_judge(study: str, judge: str) -> "tuple[Workspace, JudgeFace]":
    """The same, where it can be run.

    Raises:
        NotFound: There is no such study or judge.
        BadInput: It is never run.
    """
    workspace, face = found_judge(study, judge)
    if not face.is_runnable:
        raise BadInput(where="judge", found=f"{shortened(face.title)}, which is never run", expected="one made here")
    return workspace, face


def named_subject(workspace: "Workspace", face: "JudgeFace", subject: str) -> int:
    """The key of a subject named by key or number; of "" the first that the judge can judge.

    Raises:
        NotFound: There is no such subject.
        BadInput: The study has none that it can judge.
    """
    from core.workflow.judging_preview import find_subject, preview_subjects

    if subject:
        return find_subject(workspace, face.study_id, subject)
    first = preview_subjects(workspace, face.study_id, face.spec).subject
    if first is None:
        raise BadInput(where="study", found="no subject that it can judge", expected="at least one")
    return first


def agree(*, asks_model: bool, n_requests: int, cost: float | None, yes: bool) -> None:
    """Ask whether money may be spent; without a terminal it must have been said.

    Raises:
        BadInput: Nobody can be asked.
    """
    if yes or not asks_model or not n_requests or cost == 0:
        return
    if not sys.stdin.isatty():
        raise BadInput(where="--yes", found="nobody to ask whether it may cost money", expected="--yes")
    typer.confirm("Start it?", abort=True)
