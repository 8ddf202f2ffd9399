"""The instructor's room: submissions in, results, gradebook, reports and exports out."""
