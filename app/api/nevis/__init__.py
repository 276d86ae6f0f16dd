"""The second façade, in the style of Nevis Authentication Cloud: `/nevis/<instance>`."""
