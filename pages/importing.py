"""Import: from files to items, outputs and ratings, in four steps."""

from pages.parts.wizard.steps import show_wizard

show_wizard()
