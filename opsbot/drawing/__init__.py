"""Charts and trace waterfalls as PNG images, drawn by a child process that ends when idle."""
