"""The simulated API server: a World's store over HTTP, in the words and with the errors of kube-apiserver 1.36.

Read-only: the simulated cluster is changed by its controllers and its incidents alone.
"""
