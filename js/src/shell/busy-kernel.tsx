/** Beside a button whose request waits for the kernel. */
export const BusyKernel = () => (
  <div class="bubble info" role="status">
    A cell keeps the kernel busy. This takes effect as soon as it can.
  </div>
);
