"""The rules of promised times: which promise applies, when it begins, pauses, ends and is broken."""
