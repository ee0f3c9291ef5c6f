# Filled by the plugin.
