"""Everything that computes with networks and images. It knows no run folders and no pages."""
