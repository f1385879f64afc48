"""Step one: files come in, and what was detected of them."""

from dataclasses import replace
from html import escape
from typing import cast

import streamlit as st

from core.errors import TouchstoneError
from core.importing.detection import Shape
from core.workflow.import_wizard import SHAPE_SENTENCES
from core.workflow.importing import read_mapping
from pages.parts.frame import show_error, text_block
from pages.parts.space import shared_settings
from pages.parts.tables import plain_table
from pages.parts.wizard.state import Step, Wizard, guarded, start_over
from pages.parts.wizard.uploads import Upload, look_at, tidy_name
from pages.parts.wizard.welcome import show_welcome
from pages.parts.wizard.words import column_rows, first_rows, format_words, heading, size_words

_LARGEST_MAPPING = 1_000_000
_UNUSED = ""
"""Stands for "no part of its own" among the shapes."""


def show_files(wizard: Wizard) -> None:
    """The uploader, and under it every file with what it seems to hold."""
    _show_uploader(wizard)
    if wizard.origin:
        text_block(wizard.origin)
    if not wizard.uploads:
        show_welcome()
        return
    heading("What was detected")
    for place, upload in enumerate(wizard.uploads):
        _show_upload(wizard, place, upload)
    _show_way_on(wizard)


def _show_uploader(wizard: Wizard) -> None:
    megabytes = shared_settings().upload_megabytes
    came = st.file_uploader(
        "Add files" if wizard.uploads else "Files to import",
        accept_multiple_files=True,
        key=f"import-files-{wizard.uploaded}",
        max_upload_size=megabytes,
        help="Items, outputs, ratings; and a mapping saved before (.toml), if you have one.",
    )
    st.html(
        f'<p class="wz-quiet">CSV, TSV, JSON, JSON Lines, Parquet, XLSX or NPY, up to {megabytes} MB each, and a saved'
        " mapping (TOML). Larger files: <code>touchstone import</code> on the command line reads any size.</p>"
    )
    if not came:
        return
    with st.spinner("Reading the first records", show_time=False):
        for file in came:
            _take(wizard, tidy_name(file.name), file)
    wizard.uploaded += 1
    st.rerun()


def _take(wizard: Wizard, name: str, file: "st.runtime.uploaded_file_manager.UploadedFile") -> None:
    if name.lower().endswith(".toml"):
        _take_mapping(wizard, name, file.read(_LARGEST_MAPPING + 1))
        return
    wizard.note = ""
    upload = look_at(name, wizard.folder.keep(file))
    wizard.uploads = [one for one in wizard.uploads if one.name != name] + [upload]
    if not wizard.origin:
        wizard.mapping = None
    wizard.values.clear()
    wizard.forget_check()


def _take_mapping(wizard: Wizard, name: str, data: bytes) -> None:
    try:
        if len(data) > _LARGEST_MAPPING:
            raise TouchstoneError("A mapping of more than 1 MB is none of ours.")
        mapping = read_mapping(data.decode("utf-8-sig"), name=name)
    except UnicodeDecodeError:
        wizard.note = f"{name} is no mapping: it is not text in UTF-8."
    except TouchstoneError as error:
        wizard.note = str(error)
    else:
        wizard.take_mapping(mapping, f"The mapping is the one you saved as {name}.")
        wizard.note = ""


def _show_upload(wizard: Wizard, place: int, upload: Upload) -> None:
    with st.container(key=f"wz-file-{place}"):
        said = format_words(upload.seen.detected) if upload.seen else "cannot be read"
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.html(
                f'<div class="wz-file"><h3>{escape(upload.name)}</h3>'
                f"<p>{escape(said)} · {escape(size_words(upload.size))}</p></div>"
            )
            st.button("Remove", key=f"remove-{place}", on_click=_remove, args=(wizard, upload))
        if upload.error is not None:
            show_error(upload.error)
        if upload.seen is not None:
            _show_detected(wizard, place, upload)


def _show_detected(wizard: Wizard, place: int, upload: Upload) -> None:
    seen = upload.seen
    if seen is None:
        return
    shapes: list[str] = [*SHAPE_SENTENCES, _UNUSED]
    if wizard.origin:
        st.html('<p class="wz-quiet">What it holds is said by the mapping.</p>')
    else:
        chosen = st.selectbox(
            "What one record is",
            shapes,
            shapes.index(seen.shape or _UNUSED),
            key=f"shape-{wizard.uploaded}-{upload.path.name}",
            width=560,
            format_func=lambda one: SHAPE_SENTENCES.get(cast(Shape, one), "Nothing by itself: it is only looked up in"),
        )
        if chosen != (seen.shape or _UNUSED):
            upload.seen = replace(seen, shape=cast(Shape, chosen) if chosen else None)
            wizard.mapping = None
            wizard.forget_check()
    with st.expander("Columns and first records", expanded=len(wizard.uploads) == 1 and place == 0):
        plain_table(column_rows(seen.detected, seen.roles))
        if seen.detected.first_rows:
            plain_table(first_rows(seen.detected), caption="The first records")
        if seen.detected.rows_sampled and not seen.detected.row_estimate_exact:
            text_block(f"Types and examples are from the first {seen.detected.rows_sampled:,} records.")


def _remove(wizard: Wizard, upload: Upload) -> None:
    wizard.uploads = [one for one in wizard.uploads if one is not upload]
    upload.path.unlink(missing_ok=True)
    if not wizard.origin or not wizard.uploads:
        wizard.mapping, wizard.origin = None, ""
    wizard.values.clear()
    wizard.forget_check()


def _show_way_on(wizard: Wizard) -> None:
    with st.container(horizontal=True, key="wz-way-files"):
        if st.button("Say what it means", type="primary", key="to-mapping", disabled=not wizard.ready):
            error = guarded(wizard.propose) if wizard.mapping is None else None
            if error is None:
                wizard.go(Step.MAPPING)
                st.rerun()
            show_error(error)
        st.button("Start over", key="start-over", on_click=start_over)
    if not wizard.ready:
        text_block("Remove the files that cannot be read, or choose them again, to go on.")
