void lq__nothing(void); void lq__nothing(void) {}
