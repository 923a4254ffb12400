"""What only developers run: a cluster, the pictures of the documents, the image, a canary, git over HTTP."""
