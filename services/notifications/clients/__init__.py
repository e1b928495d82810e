"""Everything outside: operators' endpoints, name servers, the mail relay."""
