// The LAPACK routines that the project needs. First the singular value decomposition by divide and conquer.
#pragma once

void sgesdd_(const char *job, const int *rows, const int *columns, float *a, const int *a_stride, float *singular_values,
             float *u, const int *u_stride, float *v, const int *v_stride, float *work, const int *work_count,
             int *integer_work, int *info);

// Solves a symmetric positive definite system by Cholesky's factorisation.
void sposv_(const char *triangle, const int *size, const int *right_sides, float *a, const int *a_stride, float *b,
            const int *b_stride, int *info);
