"""What the study page draws: the list, a new study, and the tabs of one study."""
