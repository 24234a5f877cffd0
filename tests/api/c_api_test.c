/* SPDX-License-Identifier: Apache-2.0 */
/* The header and the library as a C11 program sees them. Returns the number of failed expectations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flashrnn/flashrnn.h"

static int failures = 0;

#define EXPECT(condition)                                                                        \
  do {                                                                                           \
    if (!(condition)) {                                                                          \
      ++failures;                                                                                \
      fprintf(stderr, "c_api_test.c:%d: %s; %s\n", __LINE__, #condition, flashrnn_last_error()); \
    }                                                                                            \
  } while (0)

/* The layout is the binary interface: it must not move. LP64. */
_Static_assert(sizeof(flashrnn_tensor) == 32, "flashrnn_tensor");
_Static_assert(sizeof(flashrnn_device_info) == 72, "flashrnn_device_info");
_Static_assert(sizeof(flashrnn_context_options) == 40, "flashrnn_context_options");
_Static_assert(sizeof(flashrnn_cell_info) == 32, "flashrnn_cell_info");
_Static_assert(sizeof(flashrnn_problem) == 128, "flashrnn_problem");
_Static_assert(sizeof(flashrnn_sizes) == 48, "flashrnn_sizes");
_Static_assert(sizeof(flashrnn_pack_args) == 48, "flashrnn_pack_args");
_Static_assert(sizeof(flashrnn_forward_args) == 272, "flashrnn_forward_args");
_Static_assert(sizeof(flashrnn_backward_args) == 328, "flashrnn_backward_args");
_Static_assert(sizeof(flashrnn_step_args) == 200, "flashrnn_step_args");

static void *buffer(size_t size) {
  const size_t rounded = (size / FLASHRNN_BUFFER_ALIGNMENT + 1) * FLASHRNN_BUFFER_ALIGNMENT;
  void *memory = aligned_alloc(FLASHRNN_BUFFER_ALIGNMENT, rounded);
  if (memory == NULL) abort();
  return memory;
}

/* All bytes behind struct_size are zero: the macro sets every field, and to nothing. */
static int is_clear(const void *object, size_t size) {
  const unsigned char *bytes = object;
  size_t given;
  memcpy(&given, object, sizeof given);
  if (given != size) return 0;
  for (size_t i = sizeof given; i < size; ++i) {
    if (bytes[i] != 0) return 0;
  }
  return 1;
}

static void test_init_macros(void) {
  static flashrnn_device_info device = FLASHRNN_DEVICE_INFO_INIT;
  static flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  static flashrnn_cell_info cell = FLASHRNN_CELL_INFO_INIT;
  static flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  static flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  static flashrnn_pack_args pack = FLASHRNN_PACK_ARGS_INIT;
  static flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
  static flashrnn_backward_args backward = FLASHRNN_BACKWARD_ARGS_INIT;
  static flashrnn_step_args step = FLASHRNN_STEP_ARGS_INIT;
  EXPECT(is_clear(&device, sizeof device));
  EXPECT(is_clear(&options, sizeof options));
  EXPECT(is_clear(&cell, sizeof cell));
  EXPECT(is_clear(&problem, sizeof problem));
  EXPECT(is_clear(&sizes, sizeof sizes));
  EXPECT(is_clear(&pack, sizeof pack));
  EXPECT(is_clear(&forward, sizeof forward));
  EXPECT(is_clear(&backward, sizeof backward));
  EXPECT(is_clear(&step, sizeof step));
}

static void test_one_step(flashrnn_context *context) {
  enum { B = 2, N = 1, D = 3, ROW = B * N * D };
  float Wx[ROW], R[N * D * D], initial[ROW], h[ROW], stepped[ROW], final_state[ROW];
  for (int i = 0; i < ROW; ++i) Wx[i] = 0.1f * (float)i, initial[i] = stepped[i] = 0.2f - 0.1f * (float)i;
  for (int i = 0; i < D * D; ++i) R[i] = 0.3f * (float)(i % 4) - 0.4f;

  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = "elman";
  problem.batch = B;
  problem.time = 1;
  problem.heads = N;
  problem.head_dim = D;
  flashrnn_plan *plan = NULL;
  EXPECT(flashrnn_plan_create(context, &problem, &plan) == FLASHRNN_SUCCESS);
  if (plan == NULL) return;
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  EXPECT(flashrnn_plan_get_sizes(plan, &sizes) == FLASHRNN_SUCCESS);
  void *forward_workspace = buffer(sizes.forward_workspace);
  void *step_workspace = buffer(sizes.step_workspace);

  flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
  forward.Wx.data = Wx;
  forward.R = R;
  forward.initial_states.data = initial;
  forward.states.data = h;
  forward.final_states.data = final_state;
  forward.workspace = forward_workspace;
  forward.workspace_size = sizes.forward_workspace;
  EXPECT(flashrnn_forward(plan, &forward) == FLASHRNN_SUCCESS);

  flashrnn_step_args step = FLASHRNN_STEP_ARGS_INIT;
  step.Wx.data = Wx;
  step.R = R;
  step.states.data = stepped;
  step.workspace = step_workspace;
  step.workspace_size = sizes.step_workspace;
  EXPECT(flashrnn_step(plan, &step) == FLASHRNN_SUCCESS);
  EXPECT(memcmp(h, stepped, sizeof h) == 0);
  EXPECT(memcmp(h, final_state, sizeof h) == 0);

  forward.Wx.data = NULL;
  EXPECT(flashrnn_forward(plan, &forward) == FLASHRNN_INVALID_ARGUMENT);
  EXPECT(strstr(flashrnn_last_error(), "Wx.data is null") != NULL);
  free(forward_workspace);
  free(step_workspace);
  flashrnn_plan_destroy(plan);
}

int flashrnn_run_c_tests(void);

int flashrnn_run_c_tests(void) {
  failures = 0;
  test_init_macros();
  EXPECT(strcmp(flashrnn_status_name((flashrnn_status)99), "unknown status") == 0);
  EXPECT(strcmp(flashrnn_status_name((flashrnn_status)-1), "unknown status") == 0);
  EXPECT(strcmp(flashrnn_status_name(FLASHRNN_BUFFER_TOO_SMALL), "FLASHRNN_BUFFER_TOO_SMALL") == 0);
  flashrnn_context *context = NULL;
  EXPECT(flashrnn_context_create("cpu", NULL, &context) == FLASHRNN_SUCCESS);
  if (context != NULL) test_one_step(context);
  flashrnn_context_destroy(context);
  return failures;
}
