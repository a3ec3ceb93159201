;; A recursion in which 2 endpoints go through 45 states
;; expect: LIM_ANALYSIS
;; monitor: - nothing is wrong with it but its size
;; contract: contract Count capacity 64 {
;; contract:   in message Step();
;; contract:   in message Last();
;; contract:   state S0: one { Step? -> S1; end; }
;; contract:   state S1: one { Step? -> S2; end; }
;; contract:   state S2: one { Step? -> S3; end; }
;; contract:   state S3: one { Step? -> S4; end; }
;; contract:   state S4: one { Step? -> S5; end; }
;; contract:   state S5: one { Step? -> S6; end; }
;; contract:   state S6: one { Step? -> S7; end; }
;; contract:   state S7: one { Step? -> S8; end; }
;; contract:   state S8: one { Step? -> S9; end; }
;; contract:   state S9: one { Step? -> S10; end; }
;; contract:   state S10: one { Step? -> S11; end; }
;; contract:   state S11: one { Step? -> S12; end; }
;; contract:   state S12: one { Step? -> S13; end; }
;; contract:   state S13: one { Step? -> S14; end; }
;; contract:   state S14: one { Step? -> S15; end; }
;; contract:   state S15: one { Step? -> S16; end; }
;; contract:   state S16: one { Step? -> S17; end; }
;; contract:   state S17: one { Step? -> S18; end; }
;; contract:   state S18: one { Step? -> S19; end; }
;; contract:   state S19: one { Step? -> S20; end; }
;; contract:   state S20: one { Step? -> S21; end; }
;; contract:   state S21: one { Step? -> S22; end; }
;; contract:   state S22: one { Step? -> S23; end; }
;; contract:   state S23: one { Step? -> S24; end; }
;; contract:   state S24: one { Step? -> S25; end; }
;; contract:   state S25: one { Step? -> S26; end; }
;; contract:   state S26: one { Step? -> S27; end; }
;; contract:   state S27: one { Step? -> S28; end; }
;; contract:   state S28: one { Step? -> S29; end; }
;; contract:   state S29: one { Step? -> S30; end; }
;; contract:   state S30: one { Step? -> S31; end; }
;; contract:   state S31: one { Step? -> S32; end; }
;; contract:   state S32: one { Step? -> S33; end; }
;; contract:   state S33: one { Step? -> S34; end; }
;; contract:   state S34: one { Step? -> S35; end; }
;; contract:   state S35: one { Step? -> S36; end; }
;; contract:   state S36: one { Step? -> S37; end; }
;; contract:   state S37: one { Step? -> S38; end; }
;; contract:   state S38: one { Step? -> S39; end; }
;; contract:   state S39: one { Step? -> S40; end; }
;; contract:   state S40: one { Step? -> S41; end; }
;; contract:   state S41: one { Step? -> S42; end; }
;; contract:   state S42: one { Step? -> S43; end; }
;; contract:   state S43: one { Step? -> S44; end; }
;; contract:   state S44: one { Last? -> S0; end; }
;; contract: }
(module
  (import "singula/Count" "channel" (func $channel (result externref)))
  (import "singula/Count" "exp.poll" (func $poll (param externref) (result i32)))
  (import "singula/Count" "exp.recv.Step" (func $step (param externref)))
  (import "singula/Count" "exp.recv.Last" (func $last (param externref)))
  (import "singula/Count" "exp.abandon" (func $abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $channel))
    (if (ref.is_null (local.get $a)) (then (unreachable)))
    (local.set $b (call $channel))
    (if (ref.is_null (local.get $b)) (then (unreachable)))
    (call $down (local.get $a) (local.get $b))
    (call $abandon (local.get $a))
    (call $abandon (local.get $b)))
  (func $down (param $a externref) (param $b externref)
    (if (call $choose) (then (return)))
    (call $down (local.get $a) (local.get $b))
    (if (i32.eq (call $poll (local.get $a)) (i32.const 0)) (then (call $step (local.get $a)) (return)))
    (if (i32.eq (call $poll (local.get $a)) (i32.const 1)) (then
      (call $last (local.get $a))
      (if (i32.eq (call $poll (local.get $b)) (i32.const 0)) (then (call $step (local.get $b)) (return)))
      (return)))
    (unreachable)))
