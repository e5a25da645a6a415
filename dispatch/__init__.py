"""Emergency dispatch, pure: incidents, units, assignments, recommendation, response times."""
