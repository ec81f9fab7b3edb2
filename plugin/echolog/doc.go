package echolog
