//! memprobe: runs one program and samples the memory of its process tree. Knows nothing of matrices.
