"""The engine room: what happens to images and networks. It knows no folders of runs and no pages."""
