"""C and C++ headers that the kernels of all packages include."""
