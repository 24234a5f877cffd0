/* SPDX-License-Identifier: Apache-2.0 */
/* FlashRNN from C: an LSTM forward with packed weights, then training steps that bring the loss down. */
#include <stdio.h>
#include <stdlib.h>

#include "flashrnn/flashrnn.h"

enum { B = 2, T = 8, N = 2, D = 4, G = 4, S = 2, STEPS = 20 };
enum { WX_SIZE = B * T * G * N * D, R_SIZE = G * N * D * D, BIAS_SIZE = G * N * D, H_SIZE = B * T * N * D };

static void check(flashrnn_status status) {
  if (status == FLASHRNN_SUCCESS) return;
  fprintf(stderr, "minimal_c: %s: %s\n", flashrnn_status_name(status), flashrnn_last_error());
  exit(3);
}

/* Size 0 is legal: such a buffer is not read. */
static void *allocate(size_t size) {
  const size_t whole = (size + FLASHRNN_BUFFER_ALIGNMENT - 1) / FLASHRNN_BUFFER_ALIGNMENT * FLASHRNN_BUFFER_ALIGNMENT;
  void *memory = aligned_alloc(FLASHRNN_BUFFER_ALIGNMENT, whole == 0 ? FLASHRNN_BUFFER_ALIGNMENT : whole);
  if (memory == NULL) {
    fprintf(stderr, "minimal_c: no memory for %zu bytes\n", whole);
    exit(3);
  }
  return memory;
}

static void fill(float *values, int count, float scale) {
  for (int i = 0; i < count; ++i) values[i] = scale * (float)(rand() % 2001 - 1000) / 1000.0F;
}

/* All time steps at once, without gradients; prints the last output of row 0. */
static void infer(flashrnn_context *context, const float *Wx, const float *R, const float *b) {
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = "lstm";
  problem.batch = B;
  problem.time = T;
  problem.heads = N;
  problem.head_dim = D;
  flashrnn_plan *plan = NULL;
  check(flashrnn_plan_create(context, &problem, &plan));
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  check(flashrnn_plan_get_sizes(plan, &sizes));

  flashrnn_pack_args pack = FLASHRNN_PACK_ARGS_INIT;
  pack.R = R;
  pack.b = b;
  pack.packed = allocate(sizes.packed_weights);
  pack.packed_size = sizes.packed_weights;
  check(flashrnn_pack_weights(plan, &pack)); /* once for many calls */

  float h[H_SIZE];
  float last[S * B * N * D];
  flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
  forward.Wx.data = Wx;
  forward.packed_weights = pack.packed;
  forward.packed_weights_size = pack.packed_size;
  forward.states.data = h;
  forward.final_states.data = last;
  forward.workspace = allocate(sizes.forward_workspace);
  forward.workspace_size = sizes.forward_workspace;
  check(flashrnn_forward(plan, &forward));
  printf("last h of row 0:");
  for (int i = 0; i < N * D; ++i) printf(" %.4f", last[i]);
  printf("\n");

  free(forward.workspace);
  free(pack.packed);
  flashrnn_plan_destroy(plan);
}

/* Gradient descent on loss = sum((h - target)^2) / 2; returns 0 when the loss fell. */
static int train(flashrnn_context *context, const float *Wx, float *R, float *b) {
  const float kRate = 0.05F;
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = "lstm";
  problem.batch = B;
  problem.time = T;
  problem.heads = N;
  problem.head_dim = D;
  problem.training = 1;
  flashrnn_plan *plan = NULL;
  check(flashrnn_plan_create(context, &problem, &plan));
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  check(flashrnn_plan_get_sizes(plan, &sizes));

  float target[H_SIZE], h[H_SIZE], dh[H_SIZE], dR[R_SIZE], db[BIAS_SIZE];
  fill(target, H_SIZE, 0.5F);
  flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
  forward.Wx.data = Wx;
  forward.R = R;
  forward.b = b;
  forward.states.data = h;
  forward.reserve = allocate(sizes.reserve); /* what backward needs of forward */
  forward.reserve_size = sizes.reserve;
  forward.workspace = allocate(sizes.forward_workspace);
  forward.workspace_size = sizes.forward_workspace;
  flashrnn_backward_args backward = FLASHRNN_BACKWARD_ARGS_INIT;
  backward.R = R;
  backward.b = b;
  backward.dstates.data = dh;
  backward.dR = dR;
  backward.db = db;
  backward.reserve = forward.reserve;
  backward.reserve_size = sizes.reserve;
  backward.workspace = allocate(sizes.backward_workspace);
  backward.workspace_size = sizes.backward_workspace;

  double first = 0.0, loss = 0.0;
  for (int step = 0; step <= STEPS; ++step) {
    check(flashrnn_forward(plan, &forward));
    loss = 0.0;
    for (int i = 0; i < H_SIZE; ++i) {
      dh[i] = h[i] - target[i];
      loss += 0.5 * dh[i] * dh[i];
    }
    if (step == 0) first = loss;
    check(flashrnn_backward(plan, &backward));
    for (int i = 0; i < R_SIZE; ++i) R[i] -= kRate * dR[i];
    for (int i = 0; i < BIAS_SIZE; ++i) b[i] -= kRate * db[i];
  }
  printf("loss: %.4f, after %d steps %.4f\n", first, STEPS, loss);

  free(backward.workspace);
  free(forward.workspace);
  free(forward.reserve);
  flashrnn_plan_destroy(plan);
  return loss < first ? 0 : 1;
}

int main(void) {
  printf("FlashRNN %s\n", flashrnn_version());
  flashrnn_context *context = NULL;
  check(flashrnn_context_create("cpu", NULL, &context));

  float Wx[WX_SIZE], R[R_SIZE], b[BIAS_SIZE] = {0};
  srand(1);
  fill(Wx, WX_SIZE, 1.0F);
  fill(R, R_SIZE, 0.5F);
  infer(context, Wx, R, b);
  const int result = train(context, Wx, R, b);
  flashrnn_context_destroy(context);
  return result;
}
