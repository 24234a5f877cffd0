/* SPDX-License-Identifier: Apache-2.0 */
#include <flashrnn/flashrnn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
#define VERSION_TEXT TEXT(FLASHRNN_VERSION_MAJOR) "." TEXT(FLASHRNN_VERSION_MINOR) "." TEXT(FLASHRNN_VERSION_PATCH)

static void require(flashrnn_status status) {
  if (status == FLASHRNN_SUCCESS) return;
  fprintf(stderr, "%s: %s\n", flashrnn_status_name(status), flashrnn_last_error());
  exit(1);
}

/* h = tanh(Wx + R h0 + b), one head of one unit. */
int main(void) {
  const float wx = 0.25F, r = -0.5F, b = 0.5F, initial = 0.75F;
  float h = 0.0F, expected = tanhf(wx + r * initial + b);

  if (strcmp(flashrnn_version(), VERSION_TEXT) != 0) {
    fprintf(stderr, "the header is of version %s, the library of %s\n", VERSION_TEXT, flashrnn_version());
    return 1;
  }
  flashrnn_context *context = NULL;
  require(flashrnn_context_create("cpu", NULL, &context));

  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = "elman";
  problem.batch = problem.time = problem.heads = problem.head_dim = 1;
  flashrnn_plan *plan = NULL;
  require(flashrnn_plan_create(context, &problem, &plan));
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  require(flashrnn_plan_get_sizes(plan, &sizes));

  /* aligned_alloc wants a multiple of the alignment. */
  size_t rounded = (sizes.forward_workspace / FLASHRNN_BUFFER_ALIGNMENT + 1) * FLASHRNN_BUFFER_ALIGNMENT;
  flashrnn_forward_args args = FLASHRNN_FORWARD_ARGS_INIT;
  args.Wx.data = &wx;
  args.R = &r;
  args.b = &b;
  args.initial_states.data = &initial;
  args.states.data = &h;
  args.workspace = aligned_alloc(FLASHRNN_BUFFER_ALIGNMENT, rounded);
  args.workspace_size = sizes.forward_workspace;
  require(flashrnn_forward(plan, &args));

  free(args.workspace);
  flashrnn_plan_destroy(plan);
  flashrnn_context_destroy(context);
  if (!(fabsf(h - expected) <= 1e-6F)) {
    fprintf(stderr, "h is %.9g, not %.9g\n", h, expected);
    return 1;
  }
  printf("flashrnn %s: h = %.9g\n", flashrnn_version(), h);
  return 0;
}
