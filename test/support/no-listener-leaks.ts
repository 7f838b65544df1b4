/*
 * Set up for every test file: where listeners pile up on one emitter or signal Node only warns, and nobody reads
 * warnings of a run that passes. Thrown here it fails the run.
 */
process.on('warning', (warning) => {
  if (warning.name === 'MaxListenersExceededWarning') throw warning;
});
