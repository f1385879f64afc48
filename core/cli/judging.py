"""`touchstone judge`: judges made and looked at. Their runs are in `core.cli.judging_runs`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import judging_probe, judging_runs
from core.cli.judging_options import AsJson, By, JudgeName, StudyName, found_judge, named_subject
from core.cli.judging_words import aligned, dollars, say
from core.cli.opening import prepared_workspace
from core.errors import BadInput, shortened

if TYPE_CHECKING:
    from core.judging.spec import JudgeSpec
    from core.workflow.judging import JudgeFace
    from core.workflow.judging_files import JudgeFile
    from core.workflow.workspace import Workspace

app = typer.Typer(no_args_is_help=True, help="Make judges, see what they ask, run them, and read what came of it.")
judging_runs.add_commands(app)
app.command()(judging_probe.probe)


@app.command(name="list")
def list_(study: StudyName, as_json: AsJson = False) -> None:
    """List the judges of STUDY: every version, baselines, juries, and those whose verdicts a file brought."""
    from core.workflow.judging import as_plain, list_judges
    from core.workflow.studies import find_study

    workspace = prepared_workspace()
    faces = list_judges(workspace, find_study(workspace, study).id)
    if as_json:
        for face in faces:
            typer.echo(json.dumps(as_plain(face), ensure_ascii=False))
        return
    if not faces:
        typer.echo("There is no judge yet. Make one with: touchstone judge add STUDY --name NAME --model MODEL")
        return
    rows = [
        (
            str(face.id or "-"),
            face.title,
            face.kind,
            face.spec.protocol,
            face.spec.model or "-",
            f"{face.n_verdicts:,}",
            f"{face.n_unreadable:,}",
            f"{face.n_refused:,}",
            _cost(face),
            _remarks(face),
        )
        for face in faces
    ]
    heads = ("id", "judge", "kind", "protocol", "model", "verdicts", "unreadable", "refused", "spent", "")
    for line in aligned(heads, rows, numbers=(0, 5, 6, 7, 8)):
        say(line)


def _cost(face: "JudgeFace") -> str:
    from core.judging.prices import price_of

    is_known = face.spent > 0 or not face.n_calls or not face.spec.model or price_of(face.spec.model) is not None
    return dollars(face.spent if is_known else None)


def _remarks(face: "JudgeFace") -> str:
    remarks = ["from a file"] if face.imported else []
    remarks += [] if face.is_newest else ["older version"]
    remarks += [] if face.rubric_is_current else ["older criteria"]
    remarks += [f"own family: {', '.join(face.same_family[:3])}"] if face.same_family else []
    return ", ".join(remarks)


@app.command()
def show(
    study: StudyName,
    judge: JudgeName,
    as_toml: Annotated[bool, typer.Option("--toml", help="As a file that `judge add --file` reads.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show everything that was chosen about JUDGE, with its prompt."""
    from core.workflow import judging_files
    from core.workflow.judging import as_plain, check_judge, settings_in_words

    workspace, face = found_judge(study, judge)
    if as_toml:
        typer.echo(judging_files.written(face), nl=False)
        return
    if as_json:
        typer.echo(json.dumps(as_plain(face), ensure_ascii=False, indent=1))
        return
    typer.echo(f"{face.title} ({face.kind}), fingerprint {face.fingerprint[:12]}")
    if face.note:
        say(f"Note: {face.note}")
    for name, value in settings_in_words(face.spec).items():
        if value:
            say(f"{name + ':':<18}{value}")
    if face.spec.prompt:
        say(f"\n{face.spec.prompt}")
    if face.is_runnable:
        for warning in check_judge(workspace, face.study_id, face.spec):
            typer.echo(f"\nNote on {warning.setting.replace('_', ' ')}: {warning.text}")


@app.command()
def add(
    study: StudyName,
    name: Annotated[str, typer.Option(help="Its name; under a name that is there, the next version is made.")] = "",
    model: Annotated[str, typer.Option(help="As litellm names it: openai/gpt-4o-mini, ollama/llama3.1, ...")] = "",
    protocol: Annotated[
        str, typer.Option(help="direct, reference, pairwise, or a baseline: exact match, contains, length, ...")
    ] = "",
    prompt: Annotated[Path | None, typer.Option(help="File with the prompt; the protocol's own unless given.")] = None,
    prompt_variant: Annotated[
        str, typer.Option(help="One of the protocol's own prompts: verdict first, detailed.")
    ] = "",
    file: Annotated[
        Path | None, typer.Option(help="TOML file with settings, as `judge show --toml` writes it.")
    ] = None,
    like: Annotated[str, typer.Option("--from", help="A judge of the study to begin with.")] = "",
    kind: Annotated[str, typer.Option(help="What it judges: item, output or pair.")] = "output",
    criteria: Annotated[
        list[str] | None, typer.Option(help="Key of a criterion; can be repeated. All unless given.")
    ] = None,
    together: Annotated[bool | None, typer.Option("--together/--one-by-one", help="All criteria in one call.")] = None,
    reference: Annotated[str, typer.Option(help="none, human (the item's), self (its own answer).")] = "",
    orders: Annotated[str, typer.Option(help="Of pairs: both, or AB.")] = "",
    repetitions: Annotated[int | None, typer.Option(help="How often each verdict is asked for.")] = None,
    rule: Annotated[str, typer.Option(help="How repetitions become one verdict: first, majority, mean.")] = "",
    confidence: Annotated[str, typer.Option(help="none, verbal, 'vote share', 'token probabilities'.")] = "",
    answer_format: Annotated[str, typer.Option("--format", help="schema or text; by the model unless given.")] = "",
    persona: Annotated[str, typer.Option(help="Stands for {{persona}} in the prompt.")] = "",
    temperature: Annotated[float | None, typer.Option(help="0 to 2.")] = None,
    top_p: Annotated[float | None, typer.Option(help="0 to 1.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Of a reply.")] = None,
    seed: Annotated[int | None, typer.Option(help="Sent to the provider.")] = None,
    api_base: Annotated[str, typer.Option(help="Address of an OpenAI-compatible server.")] = "",
    family: Annotated[str, typer.Option(help="Model family; by the model's name unless given.")] = "",
    variant: Annotated[str, typer.Option(help="Label of a variant of the prompt.")] = "",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="Sent beside the messages.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Setting of a baseline.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why this version is made.")] = "",
    by: By = "",
    check: Annotated[bool, typer.Option("--check", help="Check it, and make nothing.")] = False,
) -> None:
    """Make a judge in STUDY, or the next version of one."""
    from core.workflow import judging, judging_files
    from core.workflow.studies import find_study
    from core.workflow.workspace import Visitor

    workspace = prepared_workspace()
    key = find_study(workspace, study).id
    said = judging_files.read(_text(file), file=file.name) if file else judging_files.JudgeFile("", "", {})
    wanted: dict[str, Any] = {
        "reference_mode": reference, "orders": orders, "repetitions": repetitions, "repetition_rule": rule,
        "confidence": confidence, "persona": persona, "temperature": temperature, "top_p": top_p,
        "max_tokens": max_tokens, "seed": seed, "api_base": api_base, "variant": variant, "together": together,
        "criteria": criteria, "extra": _pairs("--parameter", parameter), "options": _pairs("--set", setting),
        "prompt": _text(prompt) if prompt else "",
    }  # fmt: skip
    begun = _begun(workspace, key, said, like=like, protocol=protocol, kind=kind, variant=prompt_variant)
    chosen_model = model or str(said.settings.get("model", ""))
    if chosen_model and chosen_model != begun.model:
        begun = judging.with_model(begun, chosen_model)
    spec = said.applied_to(begun)
    if model and model != spec.model:
        spec = judging.with_model(spec, model)
    given = {setting: value for setting, value in wanted.items() if value not in ("", None, [], {})}
    given |= {"answer_format": answer_format} if answer_format else {}
    given |= {"family": family} if family else {}
    spec = judging_files.JudgeFile("", "", given).applied_to(spec)
    for warning in judging.check_judge(workspace, key, spec):
        typer.echo(f"Note on {warning.setting.replace('_', ' ')}: {warning.text}", err=True)
    if check:
        typer.echo("It can be made; nothing was written.")
        return
    called = name or said.name
    if not called:
        raise BadInput(where="--name", found="none", expected="a name for the judge")
    face = judging.add_judge(workspace, Visitor(by.strip()), key, called, spec, note=note or said.note)
    typer.echo(
        f'Judge {face.id}, "{face.title}": {face.spec.protocol}{f", {face.spec.model}" if face.spec.model else ""}.'
    )


def _begun(
    workspace: "Workspace", study_id: int, said: "JudgeFile", *, like: str, protocol: str, kind: str, variant: str
) -> "JudgeSpec":
    """The judge that options and files are applied to."""
    from core.judging.protocols import protocol_of
    from core.workflow.judging import draft, find_judge

    if like:
        spec = find_judge(workspace, study_id, like).spec
        spec = spec.changed(protocol=protocol) if protocol else spec
    else:
        spec = draft(workspace, study_id, protocol or str(said.settings.get("protocol", "direct")), kind=kind)
    if variant:
        prompts = protocol_of(spec).prompts
        if variant not in prompts:
            known = ", ".join(name for name in prompts if name) or "none: its protocol has no prompts"
            raise BadInput(where="--prompt-variant", found=shortened(variant), expected=known)
        spec = spec.changed(prompt=prompts[variant], variant=variant)
    return spec


@app.command()
def jury(
    study: StudyName,
    name: Annotated[str, typer.Option(help="Its name.")],
    member: Annotated[list[str], typer.Option(help="A judge of the study; repeat it for every member.")],
    rule: Annotated[str, typer.Option(help="majority, mean (of numbers) or weights.")] = "majority",
    weight: Annotated[list[float] | None, typer.Option(help="One for each member, in their order.")] = None,
    note: Annotated[str, typer.Option(help="Why it is made.")] = "",
    by: By = "",
) -> None:
    """Make one rater of several judges of STUDY; derived from their verdicts, never paid for again."""
    from core.workflow.judging import add_jury, find_judge
    from core.workflow.studies import find_study
    from core.workflow.workspace import Visitor

    workspace = prepared_workspace()
    key = find_study(workspace, study).id
    members = [find_judge(workspace, key, one).id for one in member]
    face = add_jury(
        workspace, Visitor(by.strip()), key, name, members=members, rule=rule, weights=weight or (), note=note
    )
    typer.echo(f'Jury {face.id}, "{face.title}": {len(members)} members, {rule}.')


@app.command()
def preview(
    study: StudyName,
    judge: JudgeName,
    subject: Annotated[str, typer.Option(help="Key or number of the subject; the first unless given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print word for word what JUDGE will be asked about a subject; nothing is sent."""
    from core.workflow import judging_preview

    workspace, face = found_judge(study, judge)
    shown = judging_preview.preview(workspace, face.study_id, face.spec, named_subject(workspace, face, subject))
    if as_json:
        typer.echo(json.dumps(asdict(shown), ensure_ascii=False, indent=1, default=dict))
        return
    if shown.missing:
        typer.echo(f"It is not asked about this {shown.kind}: {shown.missing}.")
    for step in shown.steps:
        typer.echo(f"=== {step.title}" + (f" (not asked: {step.missing})" if step.missing else ""))
        for message in step.messages:
            say(f"--- {message['role']}\n{message['content']}")
        if step.parameters:
            typer.echo(f"--- parameters\n{json.dumps(dict(step.parameters), ensure_ascii=False, indent=1)}")
        if not step.missing:
            typer.echo(
                f"--- {step.characters:,} characters, about {step.tokens:,} tokens, {step.hash[:12] or 'no hash yet'}\n"
            )
    typer.echo(f"{shown.n_calls:,} call(s), {shown.repetitions} repetition(s).")


@app.command()
def diff(study: StudyName, older: JudgeName, newer: JudgeName) -> None:
    """Show how two judges of STUDY differ, usually two versions of one."""
    from difflib import unified_diff

    from core.workflow.judging import compare_versions, find_judge
    from core.workflow.studies import find_study

    workspace = prepared_workspace()
    key = find_study(workspace, study).id
    left, right = find_judge(workspace, key, older), find_judge(workspace, key, newer)
    for face in (left, right):
        if not face.id:
            raise BadInput(where="judge", found=f"{shortened(face.title)}, brought by a file", expected="one made here")
    found = compare_versions(workspace, left.id, right.id)
    for change in found.settings:
        say(f"{change.name}: {change.before or '(none)'} -> {change.after or '(none)'}")
    if found.prompt is not None:
        lines = unified_diff(
            left.spec.prompt.splitlines(), right.spec.prompt.splitlines(), left.title, right.title, lineterm=""
        )
        say("\n".join(lines))
    if not found.settings and found.prompt is None:
        typer.echo("They are the same.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(where=str(file), found=type(error).__name__, expected="a text file that can be read") from None


def _pairs(option: str, given: list[str] | None) -> dict[str, Any]:
    """NAME=VALUE options; a value is JSON where it is some, else text."""
    found: dict[str, Any] = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise BadInput(where=option, found=shortened(one), expected="NAME=VALUE")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found
