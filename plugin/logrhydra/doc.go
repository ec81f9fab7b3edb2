package logrhydra
