"""The rules of the business as pure functions: values and `now` in, verdicts out, nothing else touched."""
