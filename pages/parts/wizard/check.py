"""Step three: everything is read and held against the study; what was found, and what stands against it."""

import re
from collections.abc import Callable, Mapping

import streamlit as st

from core.errors import Cancelled
from core.importing.checked import CheckedImport, Compared
from core.importing.mapping import mapping_data, parse_mapping
from core.importing.problems import Problem, SetAside
from core.workflow.import_preview import note_seen
from core.workflow.importing import FileMapping, ImportResult, InputFile, check_import, run_import
from core.workflow.workspace import Visitor, Workspace
from pages.parts.frame import show_error, text_block
from pages.parts.tables import plain_table
from pages.parts.wizard.preview import show_preview
from pages.parts.wizard.state import Step, Wizard
from pages.parts.wizard.task import BOARD, Progress, Task
from pages.parts.wizard.watching import watch
from pages.parts.wizard.words import counted, cut, heading, joined, numbers_table

_SHOWN = 50
_TREATED = {"missing": "no rating", "stop": "stops the import"}
_CHOICES = {
    "stop": "They stop the import",
    "missing": "They leave no rating",
    "unreadable": "They are kept as unreadable, and counted",
}
_SUBJECTS = {"item": ("item", "items"), "output": ("output", "outputs"), "pair": ("pair", "pairs")}
_RATERS = {
    "person": ("person", "people"), "judge": ("judge", "judges"), "source": ("source", "sources"),
    "seat": ("anonymous rater", "anonymous raters"), "baseline": ("baseline", "baselines"),
    "simulated": ("simulated rater", "simulated raters"),
}  # fmt: skip


def show_check(wizard: Wizard, space: Workspace, who: Visitor) -> None:
    """Start the check where the mapping or the target is new; then what it found."""
    mapping = wizard.mapping_to_use()
    if mapping is None:
        wizard.go(Step.FILES)
        st.rerun()
    task = _checking(wizard, space, mapping)
    if not task.finished:
        watch(task, "Checking the files", "Nothing is written yet.")
        return
    if task.result is not None:
        _show_found(wizard, task.result, who)
    elif task.error is not None:
        show_error(task.error)
    _show_ways(wizard, space, who, mapping, task)


def _checking(wizard: Wizard, space: Workspace, mapping: FileMapping) -> Task[CheckedImport]:
    wanted = (mapping, wizard.target, tuple(upload.path for upload in wizard.uploads))
    if wizard.checking is None or wizard.checked_for != wanted:
        wizard.forget_check()
        files, target, folder = _files(wizard), wizard.target, wizard.folder

        def work(progress: Progress, cancelled: Callable[[], bool]) -> CheckedImport:
            with folder.held():
                return check_import(space, files, mapping, study=target, progress=progress, cancelled=cancelled)

        wizard.checking, wizard.checked_for = Task(work), wanted
        wizard.checking.wait(0.4)
    return wizard.checking


def _files(wizard: Wizard) -> tuple[InputFile, ...]:
    return tuple(upload.as_input for upload in wizard.uploads)


def _show_found(wizard: Wizard, checked: CheckedImport, who: Visitor) -> None:
    text_block(_sentence(checked), kind="say")
    if checked.problems:
        _show_problems(checked)
    if checked.set_aside:
        _show_set_aside(wizard, checked)
    if not checked.problems:
        if checked.changed:
            _show_changed(checked)
        _show_counts(checked)
        show_preview(wizard, checked.preview, who)


def _sentence(checked: CheckedImport) -> str:
    if checked.n_problems:
        return f"{counted(checked.n_problems, 'problem')} to solve before anything can be imported."
    if checked.adds_nothing:
        return "The study has everything in these files already: there is nothing to add."
    new = [counted(checked.items.new, "item")] if checked.items.new else []
    new += [counted(checked.outputs.new, "output")] if checked.outputs.new else []
    new += [counted(checked.ratings.new, "rating")] if checked.ratings.new else []
    raters = [counted(number, *_RATERS.get(kind, (kind, kind))) for kind, number in checked.raters.items()]
    by = f", rated by {joined(raters)}" if raters else ""
    return f"Ready: {joined(new) or 'new subjects or questions'} to bring in{by}."


def _show_problems(checked: CheckedImport) -> None:
    heading("Problems", "Nothing is imported while there is one: all or nothing.")
    rows = [_problem_row(one) for one in checked.problems[:_SHOWN]]
    plain_table((["file", "line", "column", "found", "expected"], rows))
    if checked.n_problems > len(rows):
        text_block(f"The first {len(rows)} of {checked.n_problems:,}.")


def _problem_row(one: Problem) -> list[str]:
    line = "" if one.line is None else f"{one.line:,}"
    if re.fullmatch(r"ratings\[\d+\]", one.column):  # a raw value: asked about below, not edited in the mapping's text
        return [one.file, line, "", cut(one.found), "a value of the scale; say below what becomes of others"]
    return [one.file, line, one.column, cut(one.found), cut(one.expected, 200)]


def _show_set_aside(wizard: Wizard, checked: CheckedImport) -> None:
    heading("Values that are no answer", "Each of them, how often it stands there, and what becomes of it.")
    rows = [
        [
            one.file,
            one.value or "(empty)",
            f"{one.count:,}",
            f"{one.first_line:,}",
            _TREATED.get(one.treated, one.treated),
        ]
        for one in checked.set_aside[:_SHOWN]
    ]
    numbers_table(["file", "value", "times", "first in line", "becomes"], rows, numeric=(2, 3))
    if len(checked.set_aside) > len(rows):
        text_block(f"The {len(rows)} most frequent of {len(checked.set_aside):,}.")
    undecided: Mapping[int, list[SetAside]] = {
        place: [one for one in checked.set_aside if one.ratings == place and not one.declared]
        for place in dict.fromkeys(one.ratings for one in checked.set_aside if not one.declared)
    }
    for place, asides in undecided.items():
        _ask_treatment(wizard, place, asides)


def _ask_treatment(wizard: Wizard, place: int, asides: list[SetAside]) -> None:
    mapping, choices = wizard.mapping_to_use(), list(_CHOICES)
    if mapping is None:
        return
    now = mapping.ratings[place].unmapped
    text_block(f"{asides[0].file}: values that neither the mapping nor the scale knows")
    chosen = st.selectbox(
        "What becomes of them", choices, choices.index(now), key=f"unmapped-{wizard.generation}-{place}-{now}",
        format_func=lambda one: _CHOICES[one], width=460,
    )  # fmt: skip
    if chosen != now:
        data = mapping_data(mapping)
        data["ratings"][place]["unmapped"] = chosen
        wizard.take_mapping(parse_mapping(data), wizard.origin)
        st.rerun()


def _show_changed(checked: CheckedImport) -> None:
    heading("Different from the study", "The study's stay as they are; these rows are left out.")
    rows = [
        [one.file, f"{one.line:,}" if one.line else "", cut(one.found), cut(one.expected, 200)]
        for one in checked.changed[:_SHOWN]
    ]
    plain_table((["file", "line", "in the file", "in the study"], rows))


def _show_counts(checked: CheckedImport) -> None:
    heading("What is in the files")
    parts: list[tuple[str, Compared]] = [("Items", checked.items)]
    parts += [
        (name, part) for name, part in (("Outputs", checked.outputs), ("References", checked.references)) if part.total
    ]
    parts += [
        (f"{_SUBJECTS.get(kind, (kind, kind))[1].capitalize()} to judge", part)
        for kind, part in checked.subjects.items()
    ]
    if checked.ratings.total:
        parts.append(("Ratings", checked.ratings))
    rows = [
        [name, *(f"{number:,}" if number else "–" for number in (part.total, part.new, part.known, part.changed))]
        for name, part in parts
    ]
    numbers_table(["", "in the files", "new", "there already", "different"], rows, numeric=range(1, 5))
    if checked.criteria and checked.ratings.total:
        questions = [
            [one.name, f"{one.n_values:,}", ", ".join(f"{n:,} {word}" for word, n in one.absences.items()) or "–",
             "new" if one.brought else "the study's"]
            for one in checked.criteria
        ]  # fmt: skip
        numbers_table(["question", "answers", "without an answer", ""], questions, numeric=(1,))


def _show_ways(wizard: Wizard, space: Workspace, who: Visitor, mapping: FileMapping, task: Task[CheckedImport]) -> None:
    checked = task.result
    ready = checked is not None and checked.can_run and not checked.adds_nothing
    with st.container(horizontal=True, key="wz-way-check"):
        if st.button("Import", type="primary", key="run-import", disabled=not ready):
            _start(wizard, space, who, mapping)
            st.rerun()
        st.button("Back to the mapping", key="back-to-mapping", on_click=wizard.go, args=(Step.MAPPING,))
        if isinstance(task.error, Cancelled):
            st.button("Check again", key="check-again", on_click=wizard.forget_check)


def _start(wizard: Wizard, space: Workspace, who: Visitor, mapping: FileMapping) -> None:
    files, target, folder = _files(wizard), wizard.target, wizard.folder
    who = who if who.is_known else Visitor(wizard.name)
    previewed = (
        wizard.checking.result.preview if wizard.ratings_seen and wizard.checking and wizard.checking.result else ()
    )
    new_name = "" if target is not None else wizard.new_name.strip()

    def work(progress: Progress, cancelled: Callable[[], bool]) -> ImportResult:
        with folder.held():
            result = run_import(
                space, who, files, mapping, study=target, new_name=new_name, progress=progress, cancelled=cancelled
            )
        if previewed:
            note_seen(space, who, result.study_id, previewed)
        return result

    wizard.importing = BOARD.add(Task(work))
    wizard.go(Step.IMPORT)
